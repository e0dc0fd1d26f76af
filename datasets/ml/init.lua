return {
  description = "Tables and other small data for machine learning.",
}
