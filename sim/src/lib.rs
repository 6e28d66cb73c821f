//! The whole board in virtual time over a virtual network.
