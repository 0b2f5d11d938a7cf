"""From text to folded words: three scripts become one spelling, number words digits, colour words one name each."""
