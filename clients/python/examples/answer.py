import sys

from cordboard_tserver import TServer

with TServer(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:5025") as server:
    server.register("5001")
    for event in server.events():
        if event.name == "EventRinging":
            server.answer_call(this_dn="5001", conn_id=event.conn_id)
            print("answered", event.ani, flush=True)
