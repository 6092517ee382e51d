"""The integrations. They know app.model, app.contracts and app.kit, nothing else of app, and never another vendor."""
