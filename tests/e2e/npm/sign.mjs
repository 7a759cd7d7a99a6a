// Signs each line of standard input, {"secret", "text"} as JSON, as an Ethereum wallet does; answers
// with a line {"address", "signature"}.
import { createInterface } from "node:readline";
import { Wallet } from "ethers";

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, text } = JSON.parse(line);
  const wallet = new Wallet(secret);
  const signature = await wallet.signMessage(text);
  console.log(JSON.stringify({ address: wallet.address, signature }));
}
