#!/bin/bash
# all the memory of a node
#SBATCH --mem=0
#EXPECT ends COMPLETED 0:0
#EXPECT alone
sleep 2
