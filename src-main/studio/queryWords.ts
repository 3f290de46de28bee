/** What a query may be asked with, for the doors. */
export { defaultNegatives } from '../language/text/relevancy';
export { queryOrders, type QueryOrder } from '../semantics/textScores';
