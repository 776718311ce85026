//! What a job asks for: settings, environment, plan (pure).
