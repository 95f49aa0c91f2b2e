// Makes the one member a replica set and gives Streetscene its user; run again it changes nothing.
const { readFileSync } = require("fs");
const secret = (name) => readFileSync(`/run/secrets/${name}`, "utf8").trim();
const SERVICES = ["reports", "scheduling", "tonnage", "enforcement", "operations", "accounts", "demo"];

const connection = new Mongo(
  `mongodb://root:${encodeURIComponent(secret("mongo_root_password"))}@mongo:27017/admin?directConnection=true`,
);
const admin = connection.getDB("admin");

try {
  admin.adminCommand({ replSetGetStatus: 1 });
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  admin.adminCommand({ replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] } });
}
while (!admin.hello().isWritablePrimary) sleep(200);

if (!admin.getUser("streetscene")) {
  admin.createUser({
    user: "streetscene",
    pwd: secret("mongo_password"),
    roles: SERVICES.map((service) => ({ role: "readWrite", db: `streetscene_${service}` })),
  });
}
