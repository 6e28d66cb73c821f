"""Calls and agents of Cordboard: a session with the T-Server port.

>>> with TServer("127.0.0.1:5025") as server:
...     server.register("5001")
...     for event in server.events():
...         print(event.name, event.this_dn)

Requests are methods with T-Library's names in lower case, e.g. `server.hold_call(this_dn=…,
conn_id=…)`. Each waits for the event that it causes and returns it; EventError is raised as
`Refused`. Events come to `events()` all the same, in the order in which they happened.
"""

from cordboard_tserver.session import Closed, Event, Refused, TServer
from cordboard_tserver.values import kv_list, pairs

__all__ = ["Closed", "Event", "Refused", "TServer", "kv_list", "pairs"]
