return {
  description = "Images, and what they show.",
}
