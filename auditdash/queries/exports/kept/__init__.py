"""All exports in one order, kept between questions, and those of them that were asked for."""
