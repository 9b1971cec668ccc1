"""The maps' layers: frames in, deck.gl layers out. The only place that knows pydeck."""
