//! The cords: every hand-over between systems passes here.
