#!/bin/bash
# a node that it shares with nobody
#SBATCH --exclusive
#EXPECT ends COMPLETED 0:0
#EXPECT nodes 1
#EXPECT alone
sleep 2
