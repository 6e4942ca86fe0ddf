#!/bin/bash
# more nodes than there can be
#SBATCH --nodes=100000
#EXPECT refused it asks for 100000 nodes.* The largest worker has 4 CPUs
true
