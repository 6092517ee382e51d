"""The core. Knows no Qt, no window, and no concrete provider."""
