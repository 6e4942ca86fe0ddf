#!/bin/bash
# process substitution, and /dev/stdout as a file
#EXPECT ends COMPLETED 0:0
#EXPECT says ^one two$
#EXPECT says ^to stdout$
paste -d" " <(echo one) <(echo two)
(echo to stdout > /dev/stdout) | cat
