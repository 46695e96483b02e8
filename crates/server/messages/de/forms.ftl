# Wie Daten, Zahlen und Beträge auf Deutsch geschrieben werden. Der Code liefert die Teile, diese Datei setzt sie zusammen.

# Der eigene Name, für den Wechsel der Sprache.
language-name = Deutsch
# Wonach Intl im Browser gefragt wird: BCP 47.
locale = de-DE

month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember
month-short-1 = Jan.
month-short-2 = Feb.
month-short-3 = März
month-short-4 = Apr.
month-short-5 = Mai
month-short-6 = Juni
month-short-7 = Juli
month-short-8 = Aug.
month-short-9 = Sept.
month-short-10 = Okt.
month-short-11 = Nov.
month-short-12 = Dez.
# $month ist ein kurzer Name, $day und $year sind Zahlen.
date = { $day }. { $month } { $year }
# $month ist ein langer Name, $time sind Stunden und Minuten.
moment = { $day }. { $month } { $year }, { $time } Uhr UTC

decimal-mark = ,
group-mark = .
# Ein Betrag mit einem Währungszeichen, das alle kennen, oder mit dem Kürzel der Währung.
money-symbol = { $amount }{"\u00A0"}{ $unit }
money-code = { $amount }{"\u00A0"}{ $unit }
money-negative = -{ $money }
# Zwischen den Teilen einer Aufzählung.
list-mark = {", "}
list-of-sentences-mark = {"; "}
percent = { $number }{"\u00A0"}%
