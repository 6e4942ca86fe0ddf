# Addresses of the site's machines on the docker network cloister-mgmt.
HEAD=172.30.77.10
VMHOST1=172.30.77.11
VMHOST2=172.30.77.12
