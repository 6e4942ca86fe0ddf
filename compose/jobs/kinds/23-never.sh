#!/bin/bash
# after a job that should have ended well and did not
#SBATCH --kill-on-invalid-dep=yes
#SUBMIT -d afterok:@03-exit-code@
#EXPECT ends CANCELLED 0:0
#EXPECT silent
echo never
