"""The words of OpenAI's clients for files, uploads, fine-tuning jobs and models. Translation only: it calls what the native routes call."""
