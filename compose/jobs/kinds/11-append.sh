#!/bin/bash
# steps that append to one file
#EXPECT ends COMPLETED 0:0
#EXPECT file appended.log ^one$
#EXPECT file appended.log ^two$
srun --output=appended.log --open-mode=append echo one
srun --output=appended.log --open-mode=append echo two
