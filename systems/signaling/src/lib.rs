//! SIP transactions, dialogs, registrar and trunks (SIP Server).
