#!/bin/bash
# more temporary disk than a worker has
#SBATCH --tmp=1T
#EXPECT refused MiB of temporary disk
true
