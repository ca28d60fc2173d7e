"""The steps of a job, from a file to stored records."""
