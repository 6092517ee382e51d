"""Codecs and drawing: XML, sheets, PDF, barcodes. Bytes in, data out, and back; no network, no store."""
