#!/usr/bin/perl
# a script in another language
#EXPECT ends COMPLETED 0:0
#EXPECT says ^perl in job [0-9]+$
print "perl in job $ENV{SLURM_JOB_ID}\n";
