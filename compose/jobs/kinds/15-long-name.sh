#!/bin/bash
# a name of 5,000 characters, which Slurm itself refuses
#SUBMIT --job-name=$(printf %05000d 0)
#EXPECT refused parameter too long
true
