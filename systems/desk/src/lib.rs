//! GWS: sessions, /api/v2 and Bayeux channels.
