//! Browser and trunk media legs, bridge and transcoder (the Asterisk box).
