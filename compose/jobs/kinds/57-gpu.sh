#!/bin/bash
# a GPU where there are none
#SBATCH --gpus=1
#EXPECT refused workers here have none
true
