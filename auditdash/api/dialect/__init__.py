"""Mode’s own address: whoever reads Mode’s log reads this archive by changing one URL."""
