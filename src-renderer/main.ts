import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { announceLanguage } from './language';
import { useTheme } from './stores/theme';
import './styles/tokens.css';
import './styles/base.css';

announceLanguage(document);
const app = createApp(App).use(createPinia());
useTheme().apply(document);
app.mount('#app');
