"""Stock, as a merchant keeps it: sheets of counts. The arithmetic stands in `app.model.stock`, for the store needs it below."""
