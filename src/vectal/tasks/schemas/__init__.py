"""Wire shapes of tasks, projects, labels and changesets."""
