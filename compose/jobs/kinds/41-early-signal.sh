#!/bin/bash
# a signal before the time is over
#SBATCH --time=2
#SBATCH --signal=B:USR1@90
#EXPECT ends COMPLETED 0:0
#EXPECT says ^saved$
trap 'echo saved; exit 0' USR1
echo begun
while :; do sleep 1; done
