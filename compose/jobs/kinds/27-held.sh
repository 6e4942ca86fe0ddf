#!/bin/bash
# held, and released by its owner
#SUBMIT --hold
#THEN sleep 3; touch held.released; scontrol release $job
#EXPECT ends COMPLETED 0:0
#EXPECT says ^released$
[ -e held.released ] && echo released
