#!/bin/bash
# more memory than a worker has
#SBATCH --mem=1T
#EXPECT refused MiB of memory on one node
true
