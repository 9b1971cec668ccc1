"""One decoder a standard: payload bytes in, frames of a declared family out."""
