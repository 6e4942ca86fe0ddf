#!/bin/bash
# not before a time
#SUBMIT --begin=now+20 $(date -d "+20 sec" +%s > begin.from)
#EXPECT ends COMPLETED 0:0
#EXPECT says ^not before$
[ "$(date +%s)" -ge "$(cat begin.from)" ] && echo not before
