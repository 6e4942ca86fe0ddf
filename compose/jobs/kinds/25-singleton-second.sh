#!/bin/bash
# one at a time of its name, the second
#SBATCH --job-name=single
#SUBMIT -d singleton
#EXPECT ends COMPLETED 0:0
#EXPECT says ^in turn$
[ "$(date +%s%N)" -gt "$(cat singleton.end)" ] && echo in turn
