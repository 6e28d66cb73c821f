//! Sample formats: G.711, levels, WAV (ITU-T G.711).
