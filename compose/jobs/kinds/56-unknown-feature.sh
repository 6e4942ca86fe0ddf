#!/bin/bash
# a feature that no worker has
#SBATCH --constraint=fast
#EXPECT refused it asks for features
true
