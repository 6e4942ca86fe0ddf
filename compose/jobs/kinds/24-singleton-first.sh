#!/bin/bash
# one at a time of its name, the first
#SBATCH --job-name=single
#SUBMIT -d singleton
#EXPECT ends COMPLETED 0:0
date +%s%N > singleton.first; sleep 3; date +%s%N > singleton.end
