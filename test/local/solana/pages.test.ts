/** The local chain's pages: what landed, for a person, with nothing in it that a browser would run. */
import { buildPayment, memo, pay, setup } from './service.ts';

const get = async (url: string) => {
  const answer = await fetch(url);
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    text: await answer.text(),
  };
};

describe('a page', () => {
  it('shows a transaction: result, level, memo, and what it moved', async () => {
    const service = await setup();
    const { chain, control, treasuryUsdc } = service;
    const before = [memo('<script>alert("x")</script> & Ü')];
    const signature = await pay(service, { units: 1_500_000n, before });
    await control.finalize();
    const { status, type, text } = await get(`${chain.url}/tx/${signature}`);
    expect([status, type]).toEqual([200, 'text/html; charset=utf-8']);
    expect(text).toContain(`<h1>${signature}</h1>`);
    expect(text).toContain('<td>succeeded</td>');
    expect(text).toContain('<td>finalized</td>');
    expect(text).toContain(`<a href="/address/${treasuryUsdc}">${treasuryUsdc}</a>`);
    expect(text).toContain('<td>1.5</td>');
    expect(text).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; Ü');
    expect(text).not.toContain('<script');
  });

  it('shows a failure, with the error of the chain', async () => {
    const service = await setup();
    const { connection, chain, control } = service;
    await control.confirm();
    const { bytes } = await buildPayment(service, {
      units: 2_000_000_000n,
    });
    const signature = await connection.sendRawTransaction(bytes, { skipPreflight: true });
    const { text } = await get(`${chain.url}/tx/${signature}`);
    expect(text).toContain('failed: {&quot;InstructionError&quot;:[0,{&quot;Custom&quot;:1}]}');
    expect(text).toContain('<td>processed</td>');
  });

  it('shows a wallet and a token account, with what they hold and their transactions', async () => {
    const service = await setup();
    const { chain, treasury, treasuryUsdc, usdc } = service;
    const signature = await pay(service, { units: 7n });
    const wallet = await get(`${chain.url}/address/${treasury.address}`);
    expect(wallet.text).toContain('<td>10000000000</td>');
    expect(wallet.text).toContain(treasuryUsdc);
    const account = await get(`${chain.url}/address/${treasuryUsdc}`);
    expect(account.text).toContain(`<a href="/address/${usdc.mint}">`);
    expect(account.text).toContain('<td>0.000007</td>');
    expect(account.text).toContain(`<a href="/tx/${signature}">`);
  });

  it('is not there for what the chain does not know', async () => {
    const { chain } = await setup();
    const nowhere = ['/', '/tx/unknown', '/address/nobody', '/_control/mints', '/tx'];
    for (const path of nowhere) expect((await get(chain.url + path)).status).toBe(404);
  });
});
