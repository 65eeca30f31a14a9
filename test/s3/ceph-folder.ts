/** The variable that names the folder of a run's object store. */
export const CEPH_FOLDER = 'ORCHIVE_TEST_CEPH_FOLDER'
