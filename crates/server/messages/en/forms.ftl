# How things are written in English: dates, numbers, money. Code gives the parts, this file puts them together.

# Its own name, for the switch between languages.
language-name = English
# What a browser's Intl is asked for: BCP 47.
locale = en-GB

month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
month-short-1 = Jan
month-short-2 = Feb
month-short-3 = Mar
month-short-4 = Apr
month-short-5 = May
month-short-6 = Jun
month-short-7 = Jul
month-short-8 = Aug
month-short-9 = Sep
month-short-10 = Oct
month-short-11 = Nov
month-short-12 = Dec
# $month is one of the short names, $day and $year are numbers.
date = { $day } { $month } { $year }
# $month is one of the long names, $time is 24 hours and minutes.
moment = { $day } { $month } { $year }, { $time } UTC

decimal-mark = .
group-mark = ,
# An amount with the symbol of a currency that everybody knows, such as $, or with a currency's code.
money-symbol = { $unit }{ $amount }
money-code = { $unit }{" "}{ $amount }
money-negative = -{ $money }
# Between the parts of a list.
list-mark = {", "}
list-of-sentences-mark = {"; "}
percent = { $number } %
