"""Models around models: retries, limits, hedged requests, caches, replies remembered from a journal."""
