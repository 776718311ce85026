//! Go templates as Helm and werf use them (pure; knows nothing of charts).
