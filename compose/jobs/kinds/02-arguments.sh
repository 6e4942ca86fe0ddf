#!/bin/bash
# arguments, one with a space, one empty
#ARGS 'a b' c.d ''
#EXPECT ends COMPLETED 0:0
#EXPECT says ^3: a b, c.d, $
printf "%s: %s, %s, %s\n" "$#" "$1" "$2" "$3"
