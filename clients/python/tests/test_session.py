"""A session with the real program; CORDBOARD names the binary."""

import os
import re
import subprocess

import pytest
from cordboard_tserver import Closed, Refused, TServer, kv_list, pairs

BINARY = os.environ.get("CORDBOARD", "")
PORTS = ("http", "https", "sip_ws", "sip", "sips", "tserver", "config", "stat", "media", "turn")
needs_binary = pytest.mark.skipif(not os.path.exists(BINARY), reason="CORDBOARD names no binary")


@pytest.fixture
def place(tmp_path):
    """A demo site on free ports: where its T-Server listens."""
    config = tmp_path / "cordboard.toml"
    free = "".join(f"{port} = 0\n" for port in PORTS)
    config.write_text(f"[ports]\n{free}rtp = [14000, 19998]\n")
    command = [BINARY, "run", "--demo", "--data", tmp_path / "data", "--config", config]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        try:
            ready = next(line for line in program.stdout if "cordboard ready" in line)
            yield re.search(r"\btserver=(\S+)", ready)[1]
        finally:
            program.kill()


def test_lists_keep_their_order_and_repeated_keys():
    values = [("a", 1), ("b", "x"), ("a", [("c", "y"), ("n", -7)])]
    assert pairs(kv_list(values)) == values
    assert pairs(kv_list({"a": 1})) == [("a", 1)]


@needs_binary
def test_requests_return_their_event_and_refusals_are_raised(place):
    with TServer(place) as server:
        registered = server.register("5001")
        assert registered.name == "EventRegistered"
        assert dict(pairs(registered.extensions))["AgentStatus"] == "LoggedOut"
        with pytest.raises(Refused, match="InvalidConnId") as refused:
            server.hold_call(this_dn="5001", conn_id="0000000000000001")
        assert refused.value.event.this_dn == "5001"
        with pytest.raises(Refused, match="DnNotConfigured"):
            server.register("7777")
        with pytest.raises(AttributeError):
            server.dance(this_dn="5001")
        assert server.query_server().name == "EventServerInfo"


@needs_binary
def test_one_client_can_have_a_dn_for_itself(place):
    with TServer(place, "owner") as owner, TServer(place) as other:
        owner.register("5001", "PRIVATE")
        with pytest.raises(Refused, match="owner"):
            other.register("5001")
        owner.register("5001")
        other.register("5001", "MONITOR")
        with pytest.raises(Refused, match="Monitor"):
            other.agent_logout(this_dn="5001")


@needs_binary
def test_a_lost_session_goes_on_where_it_was(place):
    with TServer(place) as lost:
        start = next(lost.events()).server_start_time
        last = lost.register("5001").event_sequence_number
    with pytest.raises(Closed):
        lost.query_server()
    with TServer(place) as other:
        other.register("5001")
        other.agent_login(this_dn="5001", agent_id="5001", work_mode="AGENT_WORK_MODE_MANUAL_IN")
        other.agent_logout(this_dn="5001")
    with TServer(place) as back:
        assert back.resume(last, start, "5001").name == "EventRegistered"
        told = []
        for event in back.events():
            told.append(event.name)
            if event.name == "EventRegistered":
                break
        assert told[0] == "EventLinkConnected"
        assert told[1] == "EventAgentLogin"
        assert told[-2:] == ["EventAgentLogout", "EventRegistered"]
        with pytest.raises(Refused, match="register the DNs again"):
            back.resume(last, start - 1, "5001")
