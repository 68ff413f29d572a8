/**
 * Every code that a caller can meet: its kind, what happened, and what to do next. Codes are stable;
 * a test refuses a code that is thrown but not listed, and one that is listed but never thrown.
 */

/** What sort of refusal it is; decides the HTTP status and what a queue does with its message. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'payment_required'
  | 'not_found'
  | 'conflict'
  | 'unprocessable'
  | 'too_early'
  | 'limit_exceeded'
  | 'unavailable'
  | 'bug';

interface Row {
  readonly kind: ErrorKind;
  /** What happened, one sentence. */
  readonly title: string;
  /** What to do next, one sentence. */
  readonly suggestion: string;
}

const rows = {
  'request.malformed': {
    kind: 'invalid',
    title: 'The request is not what this endpoint accepts.',
    suggestion: 'Correct the fields named in errors; the API document lists every field.',
  },
  'request.too_large': {
    kind: 'invalid',
    title: 'The request body is larger than this endpoint takes.',
    suggestion: 'Send a smaller body.',
  },
  'request.unknown_route': {
    kind: 'not_found',
    title: 'There is no such endpoint.',
    suggestion: 'Compare method and path with GET /v1/openapi.json.',
  },
  'request.idempotency_key_missing': {
    kind: 'invalid',
    title: 'This endpoint needs an Idempotency-Key header.',
    suggestion: 'Send a random key of 8 to 128 characters, and the same one when you retry.',
  },
  'request.idempotency_key_reused': {
    kind: 'unprocessable',
    title: 'This Idempotency-Key was used with another request body.',
    suggestion: 'Use a new key for a new request, or repeat the first request unchanged.',
  },
  'request.in_progress': {
    kind: 'conflict',
    title: 'A request with this Idempotency-Key is still in progress.',
    suggestion: 'Repeat the same request after the time in Retry-After.',
  },
  'request.rate_limited': {
    kind: 'limit_exceeded',
    title: 'Too many requests in this minute.',
    suggestion: 'Wait for the time in Retry-After, then go on more slowly.',
  },
  'platform.unavailable': {
    kind: 'unavailable',
    title: 'The platform could not do this now, because others kept changing what it touches.',
    suggestion: 'Repeat the request with the same Idempotency-Key after the time in Retry-After.',
  },
  'platform.timed_out': {
    kind: 'unavailable',
    title: 'The platform did not finish the request in time; it may still finish it.',
    suggestion: 'Repeat the request with the same Idempotency-Key after the time in Retry-After.',
  },
  'platform.bug': {
    kind: 'bug',
    title: 'Something went wrong on our side.',
    suggestion: 'Repeat the request; if it fails again, report the request_id.',
  },
  'identity.unauthenticated': {
    kind: 'unauthenticated',
    title: 'The request carries no valid API key or login.',
    suggestion:
      'Send "Authorization: Bearer <key>" with a key that is neither expired nor revoked.',
  },
  'identity.forbidden': {
    kind: 'forbidden',
    title: 'This API key may not do that.',
    suggestion: 'Use a key whose scopes include the one named in required_scope.',
  },
  'identity.not_found': {
    kind: 'not_found',
    title: 'There is no such organisation or API key.',
    suggestion:
      'List your API keys with GET /v1/api-keys; the operator lists organisations with GET /v1/organisations.',
  },
  'identity.scope_not_grantable': {
    kind: 'unprocessable',
    title: 'A key cannot grant scopes that its role does not have.',
    suggestion: 'Leave scopes out to get all of the role, or name only scopes of the role.',
  },
  'wallet.not_found': {
    kind: 'not_found',
    title: 'There is no such wallet.',
    suggestion: 'List your wallets with GET /v1/wallets.',
  },
  'wallet.message_not_found': {
    kind: 'not_found',
    title: 'There is no such message for this purpose, or it is long past.',
    suggestion:
      'Ask for a message for exactly this purpose, sign it, and send its id with the signature.',
  },
  'wallet.message_expired': {
    kind: 'unprocessable',
    title: 'The message that was signed has expired: each is good for ten minutes.',
    suggestion: 'Ask for a new message and sign that one.',
  },
  'wallet.message_spent': {
    kind: 'conflict',
    title: 'This signed message was used before: each serves once.',
    suggestion: 'Ask for a new message and sign that one.',
  },
  'wallet.signature_invalid': {
    kind: 'unauthenticated',
    title: "The signature is not the wallet's own over this message.",
    suggestion:
      'Sign the UTF-8 bytes of message exactly as they came, with the wallet of its address, and send the 64 bytes in base58.',
  },
  'wallet.taken': {
    kind: 'conflict',
    title: 'This wallet belongs to another organisation; each belongs to one.',
    suggestion:
      'Take it away there first with DELETE /v1/wallets/{wallet_id}, or use another wallet.',
  },
  'wallet.paid_to': {
    kind: 'conflict',
    title: 'Earnings are paid out to this wallet.',
    suggestion:
      'Name another payout wallet with POST /v1/payout-wallets, or end it with DELETE /v1/payout-wallets/{payout_wallet_id}, then try again.',
  },
  'wallet.signed_in_with': {
    kind: 'conflict',
    title: 'You are signed in with this very wallet.',
    suggestion:
      'Take it away with an API key, or signed in with another wallet of the organisation.',
  },
  'login.wallet_unknown': {
    kind: 'forbidden',
    title: 'No organisation knows this wallet, and this platform lets nobody in unasked.',
    suggestion:
      'Have the owner of your organisation register the wallet with a role (POST /v1/wallet-messages, then POST /v1/wallets), or ask the operator for an organisation.',
  },
  'login.wallet_without_role': {
    kind: 'forbidden',
    title: 'This wallet pays and is paid, but nobody signs in with it.',
    suggestion:
      'Have the owner of your organisation register it again with a role (POST /v1/wallet-messages, then POST /v1/wallets).',
  },
  'login.sign_ups_full': {
    kind: 'limit_exceeded',
    title: 'No more organisations are made today.',
    suggestion:
      'Sign in again after the time in Retry-After, or ask the operator for an organisation.',
  },
  'login.none': {
    kind: 'unprocessable',
    title: 'This request came with an API key, which signing out does not end.',
    suggestion: 'End an API key with POST /v1/api-keys/{key_id}/revoke.',
  },
  'payout_wallet.not_found': {
    kind: 'not_found',
    title: 'There is no such payout wallet.',
    suggestion:
      'Name one with POST /v1/payout-wallets, which is paid to after a cool-down of 24 hours, or list yours with GET /v1/payout-wallets.',
  },
  'device.signature_invalid': {
    kind: 'unauthenticated',
    title: "The device's signature does not verify.",
    suggestion: 'Sign with the key that registered the device; "raymesh-agent doctor" checks it.',
  },
  'device.clock_skew': {
    kind: 'unauthenticated',
    title: "The device's clock differs from the platform's by more than 60 seconds.",
    suggestion: 'Correct the clock by server_time and sign again.',
  },
  'device.nonce_replayed': {
    kind: 'unauthenticated',
    title: 'This signed request was sent before.',
    suggestion: 'Sign every request with a new nonce.',
  },
  'device.blocked': {
    kind: 'forbidden',
    title: 'The device is blocked: two machines spoke with its key.',
    suggestion:
      'Terminate the device with POST /v1/devices/{device_id}/terminate, then run "raymesh-agent leave" and "raymesh-agent join" on each machine, so that each makes a key of its own.',
  },
  'speed_test.unknown': {
    kind: 'not_found',
    title: 'There is no such speed test.',
    suggestion: 'Wait for the next command; a newer test takes the place of an older one.',
  },
  'speed_test.length': {
    kind: 'unprocessable',
    title: 'The octets are not as many as the command names.',
    suggestion: 'Send exactly up_bytes octets.',
  },
  'speed_test.content': {
    kind: 'unprocessable',
    title: 'The octets are not those of this speed test; it has failed.',
    suggestion: 'Send the keystream of the seed, and the SHA-256 of what was received.',
  },
  'speed_test.out_of_order': {
    kind: 'conflict',
    title: 'The exchange is neither the next of this speed test nor its last one.',
    suggestion: 'Make the exchanges in the order that the command names, one after the other.',
  },
  'speed_test.over': {
    kind: 'conflict',
    title: 'The speed test has ended.',
    suggestion: 'Wait for the next command.',
  },
  'device.not_found': {
    kind: 'not_found',
    title: 'There is no such device.',
    suggestion: 'List your devices with GET /v1/devices.',
  },
  'device.wrong_status': {
    kind: 'conflict',
    title: 'The device is not in a status that allows this.',
    suggestion: 'Read its status with GET /v1/devices/{device_id}.',
  },
  'device.hired': {
    kind: 'conflict',
    title: 'The device works for a cluster right now.',
    suggestion: 'Pause the device, and terminate it once its cluster has ended.',
  },
  'device.key_retired': {
    kind: 'conflict',
    title: 'The device that had this key was terminated.',
    suggestion:
      'Run "raymesh-agent leave" on the machine, so that it makes a new key, and join again.',
  },
  'device.connection_replaced': {
    kind: 'conflict',
    title: 'Another connection speaks for this device.',
    suggestion: 'Close this connection and open a new one.',
  },
  'device.key_in_use_twice': {
    kind: 'conflict',
    title: 'Two machines speak with the key of this device, so it was blocked.',
    suggestion: 'Terminate the device, and let each machine join with a key of its own.',
  },
  'site.not_found': {
    kind: 'not_found',
    title: 'There is no such site.',
    suggestion: 'List your sites with GET /v1/sites.',
  },
  'join_token.not_found': {
    kind: 'not_found',
    title: 'There is no such join token.',
    suggestion: 'List your join tokens with GET /v1/join-tokens.',
  },
  'join_token.unknown': {
    kind: 'unauthenticated',
    title: 'This join token was never given out.',
    suggestion: 'Copy the whole token, or make a new one with POST /v1/join-tokens.',
  },
  'join_token.expired': {
    kind: 'unauthenticated',
    title: 'This join token has expired.',
    suggestion: 'Make a new one with POST /v1/join-tokens.',
  },
  'join_token.used_up': {
    kind: 'unauthenticated',
    title: 'This join token has let in as many devices as it may.',
    suggestion: 'Make a new one with POST /v1/join-tokens, with the max_uses that you need.',
  },
  'join_token.revoked': {
    kind: 'unauthenticated',
    title: 'This join token was revoked.',
    suggestion: 'Make a new one with POST /v1/join-tokens.',
  },
  'cluster.not_found': {
    kind: 'not_found',
    title: 'There is no such cluster.',
    suggestion: 'List the clusters with GET /v1/clusters.',
  },
  'cluster.wrong_status': {
    kind: 'conflict',
    title: 'The cluster is in a status in which that is not possible.',
    suggestion: 'Read the cluster again; its events say what happened.',
  },
  'cluster.not_reachable_yet': {
    kind: 'too_early',
    title: 'The cluster has no address yet.',
    suggestion: 'Wait until its status is running.',
  },
  'cluster.no_capacity': {
    kind: 'conflict',
    title: 'The devices of the quote are no longer free at the quoted price.',
    suggestion: 'Ask for a new quote; the quote was not spent.',
  },
  'cluster.payment_required': {
    kind: 'payment_required',
    title: 'The credit does not cover the hold for this cluster.',
    suggestion: 'Add credit of at least the shortfall, or ask for fewer hours.',
  },
  'cluster.too_many_unfinished': {
    kind: 'limit_exceeded',
    title: 'Twenty clusters of this organisation are still coming up.',
    suggestion: 'Wait until some of them run, or terminate some.',
  },
  'cluster.too_many_cancelled': {
    kind: 'limit_exceeded',
    title: 'Three clusters were cancelled within an hour before they ran.',
    suggestion: 'Wait for the time in Retry-After.',
  },
  'ledger.statement_too_long': {
    kind: 'unprocessable',
    title: 'The month has more transfers than one document takes.',
    suggestion: 'Read it page by page with GET /v1/ledger/statement.',
  },
  'earnings_review.nothing': {
    kind: 'conflict',
    title: 'The organisation has no earnings in review.',
    suggestion: 'List those who have with GET /v1/ledger/earnings-reviews.',
  },
  'earnings_review.moved': {
    kind: 'conflict',
    title: 'The earnings in review are no longer those that were seen.',
    suggestion:
      'Look at them anew with GET /v1/ledger/earnings-reviews/{organisation_id}, then approve that version.',
  },
  'kept_rewards.nothing': {
    kind: 'conflict',
    title: 'Nothing of the rewards of this organisation is kept, or it was released already.',
    suggestion:
      'List what is kept with GET /v1/ledger/kept-rewards; what fell due this hour is listed after the next run.',
  },
  'claw_back.dispute_unknown': {
    kind: 'unprocessable',
    title: 'No money was withdrawn for a dispute of this id.',
    suggestion:
      'Take the id from the card provider, or from GET /v1/card-freezes/{organisation_id}.',
  },
  'claw_back.not_linked': {
    kind: 'unprocessable',
    title: 'No settlement says that the supplier and whose payment was disputed counted as one.',
    suggestion:
      'Name the cluster that the one rented from the other with cluster_id. Where they were not linked when its devices were hired, nothing is taken back: the debt stays with the payer.',
  },
  'claw_back.nothing': {
    kind: 'conflict',
    title: 'Nothing is there to take, or nothing is owed.',
    suggestion: 'Compare the balances of the supplier and of the payer; choose another day.',
  },
  'claw_back.exists': {
    kind: 'conflict',
    title: 'For this dispute and these earnings another amount was decided already.',
    suggestion: 'What it took stands in the supplier’s transfers; choose another day for more.',
  },
  'budget.not_found': {
    kind: 'not_found',
    title: 'There is no such budget.',
    suggestion: 'List the budgets with GET /v1/budgets.',
  },
  'budget.exists': {
    kind: 'conflict',
    title: 'What this budget would limit has a budget already.',
    suggestion: 'Change its limits with PATCH /v1/budgets/{budget_id}; budget_id names it.',
  },
  'budget.exceeded': {
    kind: 'payment_required',
    title: 'The cluster would go beyond a budget.',
    suggestion:
      'Order fewer hours or devices, wait until frees_up_at, or raise the limit with PATCH /v1/budgets/{budget_id}.',
  },
  'solana.not_configured': {
    kind: 'unavailable',
    title: 'The platform has no access to Solana yet.',
    suggestion: 'Ask the operator to store it (docs/solana.md), and repeat the request then.',
  },
  'solana.unavailable': {
    kind: 'unavailable',
    title: 'The Solana network does not answer.',
    suggestion: 'Repeat the request after the time in Retry-After.',
  },
  'treasury.key_throttled': {
    kind: 'unavailable',
    title: 'The service that holds the treasury’s key is asked too often.',
    suggestion: 'Nothing was signed, and it is tried again; raise its quota if this stays.',
  },
  'treasury.key_unavailable': {
    kind: 'unavailable',
    title: 'The service that holds the treasury’s key does not answer.',
    suggestion: 'Nothing was signed, and it is tried again; look at the service if this stays.',
  },
  'payout_wallet.cooling_down': {
    kind: 'too_early',
    title: 'The payout wallet was named a short while ago, and nothing is paid to it yet.',
    suggestion: 'Ask again after payable_from; a change begins this time anew.',
  },
  'payout.not_found': {
    kind: 'not_found',
    title: 'There is no such payout.',
    suggestion: 'List the payouts with GET /v1/payouts.',
  },
  'payout.amount_out_of_range': {
    kind: 'unprocessable',
    title: 'A payout is worth at least $1, and at most what a supplier may ask for in a day.',
    suggestion:
      'Choose an amount between minimum and maximum: micro-dollars, or of rewards base units of IO at the price of now.',
  },
  'payout.balance_short': {
    kind: 'unprocessable',
    title: 'What can be paid out does not cover the payout.',
    suggestion:
      'Ask for at most available (micro-dollars, or of rewards base units of IO), or wait until more has matured or is released.',
  },
  'payout.asset_unavailable': {
    kind: 'conflict',
    title: 'The platform does not hold enough IO for this payout now.',
    suggestion:
      'Ask for what is worth at most available, in base units of IO, or for USDC, or again later.',
  },
  'payout.limit_reached': {
    kind: 'limit_exceeded',
    title: 'The organisation has asked for as much as it may in one day (UTC).',
    suggestion: 'Ask again after again_at.',
  },
  'payout.too_many_open': {
    kind: 'limit_exceeded',
    title: 'The organisation has as many payouts on their way as it may have at once.',
    suggestion:
      'Wait until one of them is paid (GET /v1/payouts), then ask for what is left in one payout.',
  },
  'payout.wallet_denied': {
    kind: 'forbidden',
    title: 'The operator does not pay to this wallet.',
    suggestion: 'Register another wallet with POST /v1/payout-wallets, or ask the operator.',
  },
  'payout.wrong_status': {
    kind: 'conflict',
    title: 'The payout does not wait for a decision.',
    suggestion: 'List those that do with GET /v1/payout-approvals.',
  },
  'card.not_configured': {
    kind: 'unavailable',
    title: 'Cards are not accepted here yet: the platform has no key of its card provider.',
    suggestion: 'Ask the operator to store the key (docs/payments.md), or pay in another way.',
  },
  'card.provider_unavailable': {
    kind: 'unavailable',
    title: 'The card provider does not answer.',
    suggestion: 'Repeat the request with the same Idempotency-Key after the time in Retry-After.',
  },
  'card.refused': {
    kind: 'unprocessable',
    title: 'The card provider refused the request.',
    suggestion: 'Choose another saved card, or pay on the provider’s page.',
  },
  'card.frozen': {
    kind: 'forbidden',
    title: 'Card payments of this organisation are frozen after a dispute or a warning of fraud.',
    suggestion: 'Write to the operator, who looks at the case and lifts the freeze.',
  },
  'cluster.payments_frozen': {
    kind: 'forbidden',
    title: 'The organisation orders nothing while its cards are frozen.',
    suggestion:
      'Write to the operator, who looks at the case and lifts the freeze; then order again.',
  },
  'card_freeze.not_found': {
    kind: 'not_found',
    title: 'The cards of this organisation were never frozen.',
    suggestion: 'List the freezes with GET /v1/card-freezes.',
  },
  'card_freeze.other_cases': {
    kind: 'conflict',
    title: 'The cards are frozen for cases that the request does not name.',
    suggestion:
      'Look at the cases in unseen_case_ids at the card provider’s, then name all of them.',
  },
  'card.not_found': {
    kind: 'not_found',
    title: 'The organisation has no such saved card.',
    suggestion: 'List the cards with GET /v1/payment-methods, or save one.',
  },
  'top_up.not_found': {
    kind: 'not_found',
    title: 'There is no such top-up.',
    suggestion: 'List the top-ups with GET /v1/top-ups.',
  },
  'top_up.amount_out_of_range': {
    kind: 'unprocessable',
    title: 'A top-up is of whole cents, at least $0.50 and at most $10,000.',
    suggestion: 'Choose an amount between minimum and maximum, in micro-dollars.',
  },
  'top_up.limit_reached': {
    kind: 'limit_exceeded',
    title: 'Cards have bought as much as they may within 24 hours here.',
    suggestion:
      'Wait until again_at, or pay in another way; limits grow a week after the first payment.',
  },
  'top_up.wrong_status': {
    kind: 'conflict',
    title: 'The top-up does not wait for its holder to confirm it.',
    suggestion:
      'Read its status with GET /v1/top-ups/{top_up_id}: pending ones go on by themselves or on their page; after failed and expired begin another with POST /v1/top-ups.',
  },
  'auto_top_up.not_set': {
    kind: 'not_found',
    title: 'The organisation does not top up by itself.',
    suggestion: 'Set it with PUT /v1/auto-top-up.',
  },
  'refund.not_found': {
    kind: 'not_found',
    title: 'There is no such refund.',
    suggestion: 'List the refunds with GET /v1/refunds.',
  },
  'refund.not_paid': {
    kind: 'conflict',
    title: 'This top-up was not paid, so there is nothing to give back.',
    suggestion: 'Choose a top-up whose status is succeeded.',
  },
  'refund.amount_out_of_range': {
    kind: 'unprocessable',
    title: 'A refund is of whole cents, and at most the credit of its top-up.',
    suggestion: 'Choose an amount up to maximum, in micro-dollars.',
  },
  'refund.refused': {
    kind: 'conflict',
    title: 'The refund is not possible.',
    suggestion: 'Refund at most what is unspent: end clusters that hold credit, or choose less.',
  },
  'deposit.not_found': {
    kind: 'not_found',
    title: 'There is no such deposit.',
    suggestion: 'List the deposits with GET /v1/deposits.',
  },
  'deposit.amount_too_small': {
    kind: 'unprocessable',
    title: 'Less than a hundredth of a dollar or of an IO cannot be deposited.',
    suggestion: 'Ask for at least minimum, in base units, or leave the amount out.',
  },
  'deposit.usdc_paused': {
    kind: 'unavailable',
    title: 'USDC is not known to be worth a dollar now, so none is credited.',
    suggestion:
      'Pay by card or in IO, or wait: what arrives meanwhile is credited when it is; GET /v1/token-prices shows its price.',
  },
  'stake.balance_short': {
    kind: 'unprocessable',
    title: 'The rewards that are free do not cover the stake.',
    suggestion:
      'Stake at most available, in base units of IO, or send IO for it: POST /v1/deposits with stake_device_id.',
  },
  'stake.above_maximum': {
    kind: 'unprocessable',
    title: 'The device takes no more stake than it needs.',
    suggestion: 'Stake at most room, in base units of IO.',
  },
  'stake.not_needed': {
    kind: 'unprocessable',
    title: 'The device earns no block rewards, so it needs no stake and takes none.',
    suggestion: 'Stake on another device; GET /v1/hardware shows which models have a multiplier.',
  },
  'stake.device_hired': {
    kind: 'conflict',
    title: 'Nothing is unstaked while a cluster has the device.',
    suggestion: 'Try again once the cluster has ended; pause the device to take no further one.',
  },
  'stake.more_than_active': {
    kind: 'unprocessable',
    title: 'Less than that is staked on the device, or nothing.',
    suggestion: 'Unstake at most active, in base units of IO; what cools down was unstaked before.',
  },
  'stake.too_many_cooldowns': {
    kind: 'limit_exceeded',
    title: 'As many amounts cool down on this device as it may have at once.',
    suggestion:
      'Unstake again when the first of them is back with your rewards, by the first hourly run after again_at.',
  },
  'deposit_claim.not_found': {
    kind: 'not_found',
    title: 'Nothing that this transaction brought waits for its owner.',
    suggestion:
      'Wait a few minutes if it is new, and compare its signature and the address that it paid; what was credited stands in GET /v1/ledger/transfers.',
  },
  'deposit_claim.not_sender': {
    kind: 'forbidden',
    title: 'The deposit did not come from the wallet that signed.',
    suggestion:
      'Sign with the wallet that the tokens came from; what an exchange sent for you, the operator assigns.',
  },
  'deposit_claim.no_single_sender': {
    kind: 'unprocessable',
    title: 'The deposit came from several wallets, so one alone cannot claim it.',
    suggestion: 'Write to the operator, who looks at it and assigns it.',
  },
  'deposit_claim.taken': {
    kind: 'conflict',
    title: 'The deposit was claimed by, or assigned to, another organisation.',
    suggestion: 'Write to the operator if that is a mistake.',
  },
  'suspense.no_reward_fund': {
    kind: 'unprocessable',
    title: 'Rewards are not funded here: this platform mints what it pays, or has no token.',
    suggestion:
      'Assign the deposit without for_rewards: then the IO joins the position of the platform.',
  },
  'token.none': {
    kind: 'unprocessable',
    title: 'This platform has no token: it pays no rewards, and takes and pays no IO.',
    suggestion:
      'Pay and be paid in dollars or USDC; an operator who wants a token deploys with -c token=own or -c token=existing.',
  },
  'epoch.not_found': {
    kind: 'not_found',
    title: 'There is no such epoch.',
    suggestion:
      'Epochs are named by their hour in UTC, YYYY-MM-DDTHH; list them with GET /v1/epochs.',
  },
  'epoch.not_closed': {
    kind: 'too_early',
    title: 'The epoch is not closed yet: nothing of it is published.',
    suggestion:
      'Ask again after the time in Retry-After; GET /v1/epochs/{epoch_id} shows how far it is.',
  },
  'epoch.unknown_part': {
    kind: 'not_found',
    title: 'The statement has no such part.',
    suggestion: 'Its parts are counted from 0; GET /v1/epochs/{epoch_id} says how many there are.',
  },
  'epoch.no_entry': {
    kind: 'not_found',
    title: 'No device of this public id stands in the statement.',
    suggestion:
      'Public ids are those of the statement; GET /v1/devices/{device_id} shows that of your device.',
  },
  'token.not_own': {
    kind: 'unprocessable',
    title: 'Others mint the token of this platform, so it has no genesis here.',
    suggestion: 'Fund its rewards; a token of one’s own is deployed with -c token=own.',
  },
  'token.genesis_wallets': {
    kind: 'unprocessable',
    title: 'The allocations do not go to five different wallets that are not the treasury’s.',
    suggestion: 'Name a wallet of its own for each allocation.',
  },
  'token.genesis_ordered': {
    kind: 'conflict',
    title: 'Genesis was ordered for other wallets, and happens once.',
    suggestion: 'Compare with genesis in GET /v1/token/supply; what was ordered stands.',
  },
  'suspense.not_found': {
    kind: 'not_found',
    title: 'Nothing of this token and transaction is in suspense.',
    suggestion: 'List what is with GET /v1/suspense.',
  },
  'webhook.signature_invalid': {
    kind: 'unauthenticated',
    title: 'The body is not signed by the card provider, or not now.',
    suggestion:
      'Compare the endpoint’s signing secret with the one that is stored (docs/payments.md).',
  },
  'webhook.unreadable': {
    kind: 'invalid',
    title: 'The body is signed, but is no event.',
    suggestion: 'Send snapshot events to this endpoint, not thin ones.',
  },
  'webhook.wrong_mode': {
    kind: 'unprocessable',
    title: 'The event is of another mode (test or live) than this platform.',
    suggestion: 'Set up the endpoint in the mode of the platform’s keys.',
  },
  'webhook.other_account': {
    kind: 'unprocessable',
    title: 'The event is of another account than the platform’s own.',
    suggestion: 'Set up the endpoint for events of the own account alone.',
  },
  'invoice.not_found': {
    kind: 'not_found',
    title: 'There is no such invoice.',
    suggestion: 'List the invoices with GET /v1/invoices; one is made when a cluster has ended.',
  },
  'proof.unknown': {
    kind: 'not_found',
    title: 'There is no such proof.',
    suggestion:
      'Check the id. Devices commit first, which answers the id; owners list proofs with GET /v1/proofs?device_id=...',
  },
  'proof.unknown_slot': {
    kind: 'not_found',
    title: 'There is no such slot or day.',
    suggestion:
      'Slots are spelt YYYY-MM-DDTHH:MM:SSZ and open at whole multiples of the period; days are YYYY-MM-DD.',
  },
  'proof.unknown_challenge': {
    kind: 'not_found',
    title: 'There is no such challenge for this processor.',
    suggestion: 'Fetch the commands that wait with GET /v1/agent/commands.',
  },
  'proof.unknown_processor': {
    kind: 'not_found',
    title: 'The device has no such processor.',
    suggestion: 'Read its processors with GET /v1/agent/proof-assignment.',
  },
  'proof.too_early': {
    kind: 'too_early',
    title: 'This is not public yet.',
    suggestion: 'Ask again after the time in Retry-After; server_time_ms is the time here.',
  },
  'proof.too_late': {
    kind: 'conflict',
    title: 'The time for this message is over.',
    suggestion: 'Nothing can be sent for this proof any more; the next call is a new chance.',
  },
  'proof.phase': {
    kind: 'conflict',
    title: 'It is not the turn of this message.',
    suggestion: 'Send commitment, walk (where there is one) and opening in this order.',
  },
  'proof.phase_conflict': {
    kind: 'conflict',
    title: 'Something else was sent for a phase that was answered, so the proof has failed.',
    suggestion: 'Repeat a message only with the very same content.',
  },
  'proof.final': {
    kind: 'conflict',
    title: 'The proof is over.',
    suggestion:
      'Nothing more can be sent for it; the next call is a new chance. Owners read how it ended with GET /v1/proofs/{proof_id}.',
  },
  'proof.assignment_changed': {
    kind: 'conflict',
    title: 'The processor was asked for other work than the commitment names.',
    suggestion:
      'Read GET /v1/agent/proof-assignment a second before each slot. Commit to the claim, profile and params that this answer names, only where its time is not over: a slot counts from its opening, a challenge from its issue.',
  },
  'proof.not_called': {
    kind: 'conflict',
    title: 'The slot does not call this processor.',
    suggestion: 'Read the assignment again with GET /v1/agent/proof-assignment.',
  },
  'proof.no_receipt': {
    kind: 'not_found',
    title: 'There is no receipt: the proof has not passed.',
    suggestion: 'Read how it stands with GET /v1/proofs/{proof_id}.',
  },
  'proof.length': {
    kind: 'unprocessable',
    title: 'The opening does not have the length that follows from the parameters.',
    suggestion: 'Send the opening of exactly expected_bytes bytes.',
  },
  'proof.signature_invalid': {
    kind: 'unauthenticated',
    title: "The device's signature of the commitment or the walk does not verify.",
    suggestion:
      'Sign the 32 bytes of h1 (commitment) or of h2 (walk) with the key that registered the device.',
  },
  'proof.slot_runs': {
    kind: 'conflict',
    title: 'A slot that calls the device runs right now.',
    suggestion: 'Ask again after the time in Retry-After.',
  },
  'proof.challenge_runs': {
    kind: 'conflict',
    title: 'The device has another challenge to answer.',
    suggestion: 'Ask again when that challenge is over, which takes a few minutes.',
  },
  'proof.unsupported': {
    kind: 'unprocessable',
    title: 'The device has no processor that a proof could be measured against.',
    suggestion: 'Models without a reference can be hired, but not proved.',
  },
  'market.unknown_model': {
    kind: 'unprocessable',
    title: 'The catalogue has no such processor model.',
    suggestion: 'Copy the name exactly as GET /v1/hardware lists it.',
  },
  'market.price_out_of_bounds': {
    kind: 'unprocessable',
    title: 'A price is between $0.001 and $1000 per processor and hour.',
    suggestion: 'Send micro-dollars: 390000 is $0.39.',
  },
  'market.too_many_devices': {
    kind: 'unprocessable',
    title: 'A cluster has at most 64 devices, its head included.',
    suggestion: 'Order fewer processors, or several clusters.',
  },
  'market.no_capacity': {
    kind: 'conflict',
    title: 'No free devices make up this order.',
    suggestion: 'Read what is free with GET /v1/offers, and order that.',
  },
  'market.quote_not_found': {
    kind: 'not_found',
    title: 'There is no such quote.',
    suggestion: 'Make one with POST /v1/quotes; quotes are kept for a week.',
  },
  'market.quote_expired': {
    kind: 'conflict',
    title: 'The quote has expired.',
    suggestion: 'Make a new one with POST /v1/quotes and spend it within 15 minutes.',
  },
  'market.quote_spent': {
    kind: 'conflict',
    title: 'The quote was spent on a cluster already.',
    suggestion: 'Make a new quote for a further cluster; cluster_id names the first one.',
  },
  'token_price.unavailable': {
    kind: 'unavailable',
    title: 'There is no price of IO now that can be relied on.',
    suggestion:
      'Try again in some minutes, or pay in USDC or by card; GET /v1/token-prices says why.',
  },
} as const satisfies Record<string, Row>;

/** A stable, public error code. */
export type ErrorCode = keyof typeof rows;

/** The catalogue, by code. */
export const catalogue: Readonly<Record<ErrorCode, Row>> = rows;
