# no first line that names an interpreter
#EXPECT refused (?i)batch script
echo never
